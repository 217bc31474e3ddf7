using DataSync.Pipeline.Failures;

namespace DataSync.Export.Coco.Checking;

/// <summary>What is wrong with a file. The first of them are kept, all are counted.</summary>
internal sealed class CocoFindings
{
    /// <summary>Findings that are kept.</summary>
    public const int Most = 1_000;

    private readonly List<CocoFinding> _kept = [];

    public IReadOnlyList<CocoFinding> Kept => _kept;

    public long Errors { get; private set; }

    public long Warnings { get; private set; }

    public long Images { get; set; }

    public long Annotations { get; set; }

    public long Categories { get; set; }

    /// <summary>Something that tools fail at or read wrongly.</summary>
    public void Error(string path, string key, params (string Name, object? Value)[] values)
    {
        Errors++;
        Keep(new CocoFinding(path, key, IsError: true, values));
    }

    /// <summary>Something that some tools warn of, drop or read differently.</summary>
    public void Warn(string path, string key, params (string Name, object? Value)[] values)
    {
        Warnings++;
        Keep(new CocoFinding(path, key, IsError: false, values));
    }

    private void Keep(CocoFinding finding)
    {
        if (_kept.Count < Most) _kept.Add(finding);
    }
}

/// <summary>One thing wrong with a file.</summary>
/// <param name="Path">JSON path of the value, such as <c>$.annotations[3].bbox</c>.</param>
/// <param name="MessageKey">Key of the message in the language files.</param>
/// <param name="IsError">False for what is only worth knowing.</param>
/// <param name="Values">Values for the message's placeholders.</param>
internal sealed record CocoFinding(string Path, string MessageKey, bool IsError, IReadOnlyList<(string Name, object? Value)> Values)
{
    public Fault AsFault() => new(Path, MessageKey, [.. Values]);
}
