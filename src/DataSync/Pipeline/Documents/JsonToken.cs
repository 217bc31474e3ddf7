namespace DataSync.Pipeline.Documents;

/// <summary>A value or a member's name in JSON text: where it stands, and where on the tape the next begins that is not inside it.</summary>
internal struct JsonToken
{
    /// <summary>Its first byte; of a text and a name, the opening quote.</summary>
    public int Start;

    /// <summary>Bytes, quotes and braces included.</summary>
    public int Length;

    /// <summary>Of an empty array or object, the token right behind it.</summary>
    public int Next;

    /// <summary>Whether a name or a text has escapes.</summary>
    public bool IsEscaped;

    /// <summary>Whether an array or object is told without what is inside it.</summary>
    public bool IsOnePiece;
}
