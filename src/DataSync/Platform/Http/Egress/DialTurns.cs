namespace DataSync.Platform.Http.Egress;

/// <summary>The addresses of one name in turn, for as long as all of them together may be waited for.</summary>
/// <param name="addresses">How many there are.</param>
/// <param name="time">The clock.</param>
internal sealed class DialTurns(int addresses, TimeProvider time)
{
    /// <summary>Once this has passed, no further address is tried; but for the second, since one attempt may take as long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly long _began = time.GetTimestamp();

    /// <summary>True where nothing is tried behind this one; what it fails with counts.</summary>
    /// <param name="turn">From 0.</param>
    public bool IsLast(int turn) => turn >= addresses - 1 || (turn > 0 && time.GetElapsedTime(_began) >= Patience);
}
