using System.Runtime.InteropServices;

namespace DataSync.Refine.Rules.Logic;

/// <summary>How a <see cref="Value"/> is held. The forms named Raw are a stretch of JSON text that nobody has parsed yet.</summary>
internal enum ValueForm : byte
{
    Undefined,
    Null,
    False,
    True,
    Exact,
    Approximate,
    Text,
    Items,
    Scope,
    Record,
    RawNumber,
    RawText,
    RawArray,
    RawObject,
}

/// <summary>
/// A value of an expression: a JavaScript value, most often still the bytes of the record. A struct without allocation, so that
/// reading a field and comparing it costs no memory; and whatever is only passed on keeps its digits and escapes.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
internal readonly struct Value
{
    /// <summary>Forms by a value's first byte: from one field to the next they change, and a jump to each would be guessed wrong.</summary>
    private static readonly ValueForm[] Forms = FormsByFirst();

    [FieldOffset(0)] private readonly object? _reference;
    [FieldOffset(8)] private readonly decimal _exact;
    [FieldOffset(8)] private readonly double _approximate;
    [FieldOffset(8)] private readonly int _start;
    [FieldOffset(12)] private readonly int _length;
    [FieldOffset(16)] private readonly int _token;
    [FieldOffset(24)] private readonly ValueForm _form;

    private Value(ValueForm form, object? reference = null) => (_form, _reference) = (form, reference);

    private Value(decimal exact) => (_form, _exact) = (ValueForm.Exact, exact);

    private Value(double approximate) => (_form, _approximate) = (ValueForm.Approximate, approximate);

    private Value(ValueForm form, byte[] source, int start, int length, int token)
        => (_form, _reference, _start, _length, _token) = (form, source, start, length, token);

    public static Value Undefined => default;

    public static Value Null => new(ValueForm.Null);

#pragma warning disable CA1825, MA0005 // arrays have identity in JavaScript: two empty ones are not the same
    public static Value EmptyArray => new(ValueForm.Items, new Value[0]);
#pragma warning restore CA1825, MA0005

    public ValueForm Form => _form;

    public bool IsNumber => _form is ValueForm.Exact or ValueForm.Approximate or ValueForm.RawNumber;

    public bool IsText => _form is ValueForm.Text or ValueForm.RawText;

    public bool IsArray => _form is ValueForm.Items or ValueForm.RawArray;

    /// <summary>True for objects; an array is not one here.</summary>
    public bool IsObject => _form is ValueForm.RawObject or ValueForm.Record or ValueForm.Scope;

    public bool IsNothing => _form is ValueForm.Undefined or ValueForm.Null;

    public bool IsRaw => _form >= ValueForm.RawNumber;

    /// <summary>The number of a form that holds one ready made.</summary>
    public Number Number => _form == ValueForm.Exact ? Number.Of(_exact) : Number.Of(_approximate);

    public string Text => (string)_reference!;

    public Value[] Items => (Value[])_reference!;

    public ReduceScope Scope => (ReduceScope)_reference!;

    public Records.WorkingRecord Record => (Records.WorkingRecord)_reference!;

    /// <summary>The JSON text of a raw form, quotes and braces included.</summary>
    public ReadOnlySpan<byte> Raw => new((byte[])_reference!, _start, _length);

    public byte[] RawSource => (byte[])_reference!;

    public int RawStart => _start;

    public int RawLength => _length;

    /// <summary>Where an array or object of the record's own stands on its tape; 0 for any other.</summary>
    public int RawToken => _token;

    /// <summary>JavaScript's identity of arrays and objects.</summary>
    public bool IsSameObject(in Value other)
        => _form == other._form && ReferenceEquals(_reference, other._reference) && (!IsRaw || (_start == other._start && _length == other._length));

    public static Value Of(bool value) => new(value ? ValueForm.True : ValueForm.False);

    public static Value Of(string text) => new(ValueForm.Text, text);

    public static Value Of(Value[] items) => new(ValueForm.Items, items);

    public static Value Of(List<Value> items) => items.Count == 0 ? EmptyArray : Of(items.ToArray());

    public static Value Of(ReduceScope scope) => new(ValueForm.Scope, scope);

    public static Value Of(Records.WorkingRecord record) => new(ValueForm.Record, record);

    public static Value Of(in Number number) => number.IsExact ? new(number.Exact) : new(number.Approximate);

    public static Value Of(long number) => new((decimal)number);

    /// <summary>A value that stands in JSON text. The text is valid JSON without space around it.</summary>
    /// <param name="source">Holds the text.</param>
    /// <param name="start">Its first byte.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="token">Where it stands on the record's tape; 0 where it does not.</param>
    public static Value OfRaw(byte[] source, int start, int length, int token = 0)
    {
        var form = Forms[source[start] & 0x7f];
        return form >= ValueForm.RawNumber ? new(form, source, start, length, token) : new(form);
    }

    private static ValueForm[] FormsByFirst()
    {
        var forms = new ValueForm[0x80];
        Array.Fill(forms, ValueForm.RawNumber);
        (forms['"'], forms['{'], forms['['], forms['t'], forms['f'], forms['n']) = (ValueForm.RawText, ValueForm.RawObject, ValueForm.RawArray, ValueForm.True, ValueForm.False, ValueForm.Null);
        return forms;
    }
}

/// <summary>What <c>reduce</c> shows to its expression.</summary>
internal sealed record ReduceScope(Value Current, Value Accumulator);
