namespace DataSync.Extract.Connectors.MySql.Relay;

/// <summary>
/// What a server may say to a driver that logs in without TLS: whatever has the password proved, nothing that has it shown, or encrypted with a key that anybody on the way may have sent.
/// </summary>
internal static class PlainLogin
{
    private const byte Taken = 0x00, More = 0x01, Otherwise = 0xFE, Refused = 0xFF, IsKnown = 0x03;

    /// <summary>What a packet of the server means for the login; null for one that may not pass.</summary>
    /// <param name="payload">The packet without its head.</param>
    /// <param name="mayShow">Nobody can stand in between, so the server may ask for the password as it likes.</param>
    public static LoginStep? Step(ReadOnlySpan<byte> payload, bool mayShow) => payload switch
    {
        [Taken or Refused, ..] => LoginStep.Ends,
        [More, IsKnown] => LoginStep.GoesOn,
        [Otherwise, .. var wish] when IsProof(wish) => LoginStep.Asks,
        _ when mayShow => LoginStep.Asks,
        _ => null,
    };

    /// <summary>Both send a digest of the password and of what the server sent for this login.</summary>
    private static bool IsProof(ReadOnlySpan<byte> wish)
        => wish.IndexOf((byte)0) is >= 0 and var end && (wish[..end].SequenceEqual("mysql_native_password"u8) || wish[..end].SequenceEqual("caching_sha2_password"u8));
}

/// <summary>Where a login stands after a packet of the server's.</summary>
internal enum LoginStep
{
    /// <summary>The driver's packet is next.</summary>
    Asks,

    /// <summary>Another of the server's follows.</summary>
    GoesOn,

    /// <summary>Taken or refused.</summary>
    Ends,
}
