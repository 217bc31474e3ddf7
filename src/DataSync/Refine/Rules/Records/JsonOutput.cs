using System.Buffers;
using System.Globalization;
using System.Text;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>Writes values as JSON. What is still JSON text is copied; of text only what must be escaped is.</summary>
internal static class JsonOutput
{
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    /// <summary>Writes a value. A number that JSON has no word for (NaN, infinity) fails the rule instead of becoming null.</summary>
    public static void Write(Evaluation evaluation, ScratchBuffer output, in Value value, int depth = 0)
    {
        evaluation.Charge();
        if (depth > RuleLimits.Depth) throw new RuleFailureException(RuleFailure.TooDeep);
        switch (value.Form)
        {
            case ValueForm.Undefined or ValueForm.Null: output.Write("null"u8); break;
            case ValueForm.True: output.Write("true"u8); break;
            case ValueForm.False: output.Write("false"u8); break;
            case ValueForm.Exact or ValueForm.Approximate: WriteNumber(output, value.Number); break;
            case ValueForm.Text: WriteText(output, value.Text); break;
            case ValueForm.Record: value.Record.WriteTo(output); break;
            case ValueForm.Items: WriteItems(evaluation, output, value.Items, depth); break;
            case ValueForm.Scope:
                output.Write("{\"current\":"u8);
                Write(evaluation, output, value.Scope.Current, depth + 1);
                output.Write(",\"accumulator\":"u8);
                Write(evaluation, output, value.Scope.Accumulator, depth + 1);
                output.Write((byte)'}');
                break;
            default:
                evaluation.ChargeBytes(value.RawLength);
                output.Write(value.Raw);
                break;
        }
    }

    /// <summary>Exact numbers keep the scale they were computed with: 12.50 + 1 is 13.50.</summary>
    public static void WriteNumber(ScratchBuffer output, in Number number)
    {
        if (!number.IsFinite) throw new RuleFailureException(RuleFailure.NotANumber);
        Span<byte> digits = stackalloc byte[NumberWriter.MaxLength];
        int length;
        if (number.IsExact)
        {
            length = ExactText.Write(number.Exact, digits);
        }
        else
        {
            Span<char> text = stackalloc char[NumberWriter.MaxLength];
            length = Encoding.ASCII.GetBytes(text[..NumberWriter.Write(number, text)], digits);
        }

        output.Write(digits[..length]);
    }

    public static void WriteText(ScratchBuffer output, ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyExcept(Plain) < 0)
        {
            var room = output.Append(text.Length + 2);
            (room[0], room[^1]) = ((byte)'"', (byte)'"');
            Ascii.FromUtf16(text, room[1..], out _);
            return;
        }

        output.Write((byte)'"');
        Span<byte> utf8 = stackalloc byte[4];
        Span<byte> escape = stackalloc byte[6];
        while (text.Length > 0)
        {
            var plain = text.IndexOfAnyExcept(Plain);
            if (plain < 0) plain = text.Length;
            if (plain > 0)
            {
                WriteAscii(output, text[..plain]);
                text = text[plain..];
                continue;
            }

            var known = Rune.DecodeFromUtf16(text, out var rune, out var used) == OperationStatus.Done;
            if (!known || rune.Value < 0x20 || rune.Value is '"' or '\\')
            {
                // A lone surrogate has no UTF-8: it stays an escape, as JSON.stringify writes it.
                var unit = text[0];
                if (unit is '"' or '\\') output.Write([(byte)'\\', (byte)unit]);
                else output.Write(escape[..Escape(unit, escape)]);
                used = 1;
            }
            else
            {
                output.Write(utf8[..rune.EncodeToUtf8(utf8)]);
            }

            text = text[used..];
        }

        output.Write((byte)'"');
    }

    private static void WriteAscii(ScratchBuffer output, ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[256];
        while (text.Length > 0)
        {
            var part = text[..Math.Min(text.Length, bytes.Length)];
            output.Write(bytes[..Encoding.ASCII.GetBytes(part, bytes)]);
            text = text[part.Length..];
        }
    }

    private static int Escape(char unit, Span<byte> target)
    {
        var letter = unit switch { '\n' => 'n', '\r' => 'r', '\t' => 't', '\b' => 'b', '\f' => 'f', _ => '\0' };
        target[0] = (byte)'\\';
        if (letter != 0)
        {
            target[1] = (byte)letter;
            return 2;
        }

        target[1] = (byte)'u';
        ((int)unit).TryFormat(target[2..], out _, "x4", CultureInfo.InvariantCulture);
        return 6;
    }

    private static void WriteItems(Evaluation evaluation, ScratchBuffer output, Value[] items, int depth)
    {
        output.Write((byte)'[');
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0) output.Write((byte)',');
            Write(evaluation, output, items[i], depth + 1);
        }

        output.Write((byte)']');
    }
}
