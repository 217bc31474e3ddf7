namespace DataSync.Export.Datasets;

/// <summary>A member of the records.</summary>
internal sealed class DatasetField(string name)
{
    public string Name { get; } = name;

    /// <summary>What its values have in common.</summary>
    public FieldKind Kind { get; set; }

    /// <summary>The kind of a JSON value.</summary>
    public static FieldKind KindOf(ReadOnlySpan<byte> value) => value[0] switch
    {
        (byte)'n' => FieldKind.Unknown,
        (byte)'t' or (byte)'f' => FieldKind.Boolean,
        (byte)'"' => FieldKind.Text,
        (byte)'{' or (byte)'[' => FieldKind.Nested,
        _ => value.IndexOfAny(".eE"u8) < 0 ? FieldKind.Integer : FieldKind.Number,
    };

    /// <summary>The kind that holds values of both.</summary>
    public static FieldKind Joined(FieldKind one, FieldKind other)
        => one == other || other == FieldKind.Unknown ? one
            : one == FieldKind.Unknown ? other
            : one == FieldKind.Nested || other == FieldKind.Nested ? FieldKind.Nested
            : one is FieldKind.Integer or FieldKind.Number && other is FieldKind.Integer or FieldKind.Number ? FieldKind.Number
            : FieldKind.Text;
}

/// <summary>What a field holds besides null.</summary>
internal enum FieldKind
{
    /// <summary>Nothing but null.</summary>
    Unknown,

    /// <summary>True and false.</summary>
    Boolean,

    /// <summary>Numbers of digits alone.</summary>
    Integer,

    /// <summary>Numbers with a fraction or an exponent among them.</summary>
    Number,

    /// <summary>Text, or scalars of several kinds.</summary>
    Text,

    /// <summary>Objects or arrays, also.</summary>
    Nested,
}
