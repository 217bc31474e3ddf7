namespace DataSync.Pipeline.Failures;

/// <summary>Segments of JSON pointers (RFC 6901). A very long name is shortened: the pointer is shown to people.</summary>
internal static class JsonPointer
{
    private const int Longest = 100;

    public static string Segment(string name)
    {
        if (name.Length > Longest) name = name[..(char.IsHighSurrogate(name[Longest - 1]) ? Longest - 1 : Longest)] + "…";
        return "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }
}
