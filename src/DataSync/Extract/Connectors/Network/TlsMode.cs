namespace DataSync.Extract.Connectors.Network;

/// <summary>How far TLS is trusted.</summary>
internal enum TlsMode
{
    /// <summary>A trusted authority's certificate, for the host that was asked for.</summary>
    VerifyFull,

    /// <summary>A trusted authority's certificate, for whatever name.</summary>
    VerifyCa,

    /// <summary>Encrypted to whoever answers; the operator must allow it.</summary>
    Require,

    /// <summary>Not encrypted; the operator must allow it.</summary>
    Disable,
}
