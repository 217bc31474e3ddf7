namespace DataSync.Export.Compression;

/// <summary>A way to make exported files smaller (extension point, found by <see cref="Name"/>). The same bytes in give the same bytes out.</summary>
internal interface IFileCompression
{
    /// <summary>The value of <c>export_config.compression</c>.</summary>
    string Name { get; }

    /// <summary>What a compressed file's name ends in, such as <c>.gz</c>.</summary>
    string Extension { get; }

    /// <summary>Media type of a compressed file.</summary>
    string ContentType { get; }

    /// <summary>Compresses what is written to it into <paramref name="target"/>, which stays open. Disposing it writes the end.</summary>
    Stream Compress(Stream target);

    /// <summary>Reads what <see cref="Compress"/> wrote; <paramref name="source"/> stays open.</summary>
    Stream Decompress(Stream source);
}
