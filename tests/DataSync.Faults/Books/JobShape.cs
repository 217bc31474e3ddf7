namespace DataSync.Faults.Books;

/// <summary>What a job is like. Each recovers in its own way: from a checkpoint, or from its beginning with what it stored removed.</summary>
/// <param name="Source">The source it reads: a table with a key, or one without, which cannot be gone on with in the middle.</param>
/// <param name="IsHybrid">Every third key is kept in memory and nowhere else; what a worker held dies with it.</param>
/// <param name="Formats">What it exports.</param>
/// <param name="Compression">What the files are made smaller with.</param>
internal sealed record JobShape(string Source, bool IsHybrid, IReadOnlyList<string> Formats, string Compression)
{
    private const int MemoryEach = 3;

    /// <summary>All there are.</summary>
    public static IReadOnlyList<JobShape> All { get; } =
    [
        .. from source in (string[])[SourceLedger.Keyed, SourceLedger.Keyless]
           from hybrid in (bool[])[false, true]
           from files in (JobShape[])[new("", false, ["jsonl"], "none"), new("", false, ["json", "csv"], "gzip")]
           select files with { Source = source, IsHybrid = hybrid },
    ];

    /// <summary>Whether routing keeps the row with this key in memory.</summary>
    public bool IsForMemory(long key) => IsHybrid && key % MemoryEach == 0;

    /// <summary>The body of its Start.</summary>
    public Dictionary<string, object> Start()
    {
        var rules = new Dictionary<string, object>(StringComparer.Ordinal) { ["batch_size"] = 200 };
        if (IsHybrid) rules["routing"] = new[] { new { when = Condition(), to = "realtime" } };
        return new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["source_id"] = Source,
            ["mode"] = IsHybrid ? "hybrid" : "async",
            ["output_format"] = Formats,
            ["export_config"] = new { compression = Compression },
            ["timeout_seconds"] = 3600,
            ["processing_rules"] = rules,
        };
    }

    public override string ToString() => $"{(IsHybrid ? "hybrid" : "async")} {Source} {string.Join('+', Formats)}";

    private static Dictionary<string, object[]> Condition()
    {
        var rest = new Dictionary<string, object[]>(StringComparer.Ordinal) { ["%"] = [new { var = "key" }, MemoryEach] };
        return new Dictionary<string, object[]>(StringComparer.Ordinal) { ["=="] = [rest, 0] };
    }
}
