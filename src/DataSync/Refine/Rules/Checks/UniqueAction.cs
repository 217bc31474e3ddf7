using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DataSync.Pipeline;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Checks;

/// <summary><c>unique</c>: no two kept records have the same values in these fields. A record in which one of them is null or absent is not compared, as in SQL.</summary>
/// <param name="paths">The fields.</param>
/// <param name="slot">Which of the set's unique checks it is, from 0.</param>
/// <param name="ruleId">The check's id.</param>
/// <param name="rejects">A record that fails is refused.</param>
/// <param name="tag">The tag of a record that fails; null for none.</param>
internal sealed class UniqueAction(FieldPath[] paths, int slot, string ruleId, bool rejects, string? tag) : RuleAction
{
    private readonly string _fields = string.Join(", ", paths.Select(p => p.Text));
    private readonly Rejection? _rejection = rejects ? new Rejection(ruleId, RuleFailure.NotUnique.Code, RuleFailure.NotUnique.MessageKey, string.Join(", ", paths.Select(p => p.Text))) : null;

    /// <summary>The check's id.</summary>
    public string Id => ruleId;

    /// <summary>Whether it may put a tag on a record.</summary>
    public bool Tags => tag is not null;

    public override RuleFailure? Apply(RuleRun run)
    {
        run.Field = _fields;
        var scratch = run.Evaluation.Scratch;
        var start = scratch.Length;
        try
        {
            foreach (var path in paths)
            {
                if (!run.Evaluation.TryFind(run.Record.Root, path, out var value) || value.IsNothing) return null;
                Write(run, scratch, value);
            }

            if (!run.Unique!.TryClaim(slot, scratch.Since(start).Bytes)) Refused.Mark(run, _rejection, tag);
            return null;
        }
        finally
        {
            scratch.Truncate(start);
        }
    }

    /// <summary>The same bytes for equal values: a text whatever is escaped in it, a number whatever its digits. Its kind and length go first, so that no two lists of values are the same bytes.</summary>
    private static void Write(RuleRun run, ScratchBuffer scratch, in Value value)
    {
        Span<byte> head = stackalloc byte[5];
        if (value.IsText)
        {
            var text = run.Chars(value);
            var length = Encoding.UTF8.GetByteCount(text);
            head[0] = (byte)'s';
            BinaryPrimitives.WriteInt32LittleEndian(head[1..], length);
            scratch.Write(head);
            Encoding.UTF8.GetBytes(text, scratch.Append(length));
            return;
        }

        Span<byte> digits = stackalloc byte[64];
        var isExact = value.IsNumber && Coercion.Read(value) is { IsExact: true };
        var bytes = isExact ? Digits(value, digits) : JsonSlice.Of(run.Evaluation, value).Bytes;
        head[0] = (byte)(isExact ? 'n' : 'j');
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], bytes.Length);
        scratch.Write(head);
        scratch.Write(bytes);
    }

    /// <summary>The digits of a number, without the zeros that say nothing.</summary>
    private static ReadOnlySpan<byte> Digits(in Value value, Span<byte> target)
    {
        Coercion.Read(value).Exact.TryFormat(target, out var written, "G29", CultureInfo.InvariantCulture);
        return target[..written];
    }
}
