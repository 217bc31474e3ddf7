namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>What a driver says went wrong. Its text is for the log of the inner exception's type alone and never reaches a tenant.</summary>
internal sealed class OdbcException(string state, int native, string text) : Exception($"ODBC {state} ({native}): {text}")
{
    /// <summary>SQLSTATE; <c>HY000</c> where the driver has none to give.</summary>
    public string State { get; } = state;

    /// <summary>The server's own number.</summary>
    public int Native { get; } = native;

    /// <summary>The driver's words; they may quote data, a host or a statement.</summary>
    public string DriverText { get; } = text;
}

/// <summary>Turns return codes into exceptions, with the diagnostics records of the handle.</summary>
internal static unsafe class Diagnostics
{
    private const int LongestText = 2048;

    /// <summary>Throws where the call failed; gives the code back where it did not.</summary>
    public static short Check(short code, OdbcHandle? handle)
        => code is OdbcCode.Success or OdbcCode.SuccessWithInfo or OdbcCode.NoData ? code : throw Of(code, handle);

    private static OdbcException Of(short code, OdbcHandle? handle)
    {
        if (handle is null || code == OdbcCode.InvalidHandle) return new OdbcException("HY000", code, "no diagnostics");
        OdbcException? first = null;
        for (short record = 1; record <= 8 && Read(handle, record) is { } found; record++)
        {
            // a warning that comes before the error is not the reason
            if (!found.State.StartsWith("01", StringComparison.Ordinal)) return found;
            first ??= found;
        }

        return first ?? new OdbcException("HY000", code, "no diagnostics");
    }

    private static OdbcException? Read(OdbcHandle handle, short record)
    {
        var state = stackalloc char[6];
        var text = stackalloc char[LongestText];
        int native;
        short written;
        var code = OdbcLibrary.SQLGetDiagRecW(handle.Type, handle, record, state, &native, text, LongestText, &written);
        if (code is not (OdbcCode.Success or OdbcCode.SuccessWithInfo)) return null;
        return new OdbcException(new string(state, 0, 5), native, new string(text, 0, Math.Clamp((int)written, 0, LongestText - 1)));
    }
}
