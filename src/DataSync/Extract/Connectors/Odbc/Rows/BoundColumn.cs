namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>A column of a read.</summary>
/// <param name="Name">Its member's name.</param>
/// <param name="Format">How it is fetched and written.</param>
/// <param name="Bytes">Room for a value, with what ends it.</param>
/// <param name="IsBounded">True where no value is longer than that.</param>
internal sealed record BoundColumn(string Name, CellFormat Format, int Bytes, bool IsBounded)
{
    /// <summary>Room that a value of unknown length begins with; it grows with what comes.</summary>
    public const int FirstBytes = 128;

    /// <summary>Room that a value gets at most: what is longer is fetched by itself.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>A column whose length the driver told, in characters, bytes or digits; 0 where it told none.</summary>
    public static BoundColumn Of(string name, CellFormat format, long told, bool trusted)
    {
        if (format.FixedBytes > 0) return new BoundColumn(name, format, format.FixedBytes, IsBounded: true);

        // a number may have a sign and a point besides its digits
        var needed = told is > 0 and <= MostBytes ? (told * format.CharacterBytes) + format.TerminatorBytes + 4 : long.MaxValue;
        return needed <= MostBytes && (trusted || needed <= FirstBytes)
            ? new BoundColumn(name, format, (int)needed, trusted)
            : new BoundColumn(name, format, FirstBytes, IsBounded: false);
    }
}
