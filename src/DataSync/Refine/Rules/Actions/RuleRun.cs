using DataSync.Pipeline;
using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Actions;

/// <summary>The rules' run over one record; the same object serves all records.</summary>
internal sealed class RuleRun
{
    public Evaluation Evaluation { get; } = new();

    public WorkingRecord Record => Evaluation.Record;

    /// <summary>Tags in order of first appearance.</summary>
    public List<string> Tags { get; } = [];

    /// <summary>The field at work, for the report of a failure.</summary>
    public string? Field { get; set; }

    /// <summary>Set by the action that refuses the record; nothing runs after it.</summary>
    public Rejection? Rejection { get; set; }

    public void Begin(ReadOnlyMemory<byte> document)
    {
        Tags.Clear();
        (Field, Rejection) = (null, null);
        Evaluation.Scratch.Reset();
        Record.Load(document);
    }
}
