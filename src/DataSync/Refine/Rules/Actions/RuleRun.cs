using System.Text;
using DataSync.Pipeline;
using DataSync.Refine.Rules.Checks;
using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Actions;

/// <summary>The rules' run over one record; the same object serves all records.</summary>
/// <param name="unique">The values seen so far; null where no check asks for them.</param>
internal sealed class RuleRun(UniqueValues? unique = null)
{
    private char[] _chars = new char[256];

    /// <summary>The values seen so far; null where no check asks for them.</summary>
    public UniqueValues? Unique { get; } = unique;

    public Evaluation Evaluation { get; } = new();

    public WorkingRecord Record => Evaluation.Record;

    /// <summary>Tags in order of first appearance.</summary>
    public List<string> Tags { get; } = [];

    /// <summary>The field at work, for the report of a failure.</summary>
    public string? Field { get; set; }

    /// <summary>Set by the action that refuses the record; nothing runs after it.</summary>
    public Rejection? Rejection { get; set; }

    /// <summary>Set by a check that finds the record wrong, whatever becomes of it.</summary>
    public bool HasFailed { get; set; }

    /// <summary>The units of a text; they stay until the next call.</summary>
    public ReadOnlySpan<char> Chars(in Value value)
    {
        if (value.Form != ValueForm.RawText) return Coercion.ToText(Evaluation, value);
        var inside = JsonText.Inside(value.Raw);
        if (inside.Contains((byte)'\\')) return Coercion.ToText(Evaluation, value);
        Evaluation.ChargeBytes(inside.Length);
        if (_chars.Length < inside.Length) _chars = new char[inside.Length * 2];
        return _chars.AsSpan(0, Encoding.UTF8.GetChars(inside, _chars));
    }

    public void Begin(ReadOnlyMemory<byte> document)
    {
        Tags.Clear();
        (Field, Rejection) = (null, null);
        Evaluation.Scratch.Reset();
        Record.Load(document);
    }
}
