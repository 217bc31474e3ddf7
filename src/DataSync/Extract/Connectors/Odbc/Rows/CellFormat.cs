using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>How a column is fetched, and how what came becomes JSON.</summary>
internal abstract class CellFormat
{
    /// <summary>The type of C it is fetched as.</summary>
    public abstract short CType { get; }

    /// <summary><c>string</c>, <c>number</c>, <c>integer</c>, <c>boolean</c> or <c>any</c>.</summary>
    public abstract string JsonType { get; }

    /// <summary>Bytes of a value of fixed length; 0 where lengths vary.</summary>
    public virtual int FixedBytes => 0;

    /// <summary>Bytes that end a value besides its own.</summary>
    public int TerminatorBytes => CType switch { SqlType.CWChar => 2, SqlType.CChar => 1, _ => 0 };

    /// <summary>Bytes that a character of a declared length takes at most: two units of UTF-16, or one byte of what has no others.</summary>
    public virtual int CharacterBytes => CType == SqlType.CWChar ? 4 : 1;

    /// <summary>Writes a value that is not null; false where it is text that is none, and <see cref="Connectors.InvalidText"/> was written.</summary>
    public abstract bool Write(ReadOnlySpan<byte> value, RecordBuffer to);

    /// <summary>True where a value's text can find it again.</summary>
    public virtual bool HasKey => true;

    /// <summary>The exact text of a key's value, for a parameter that finds it again; null where there is no such text.</summary>
    public virtual string? Key(ReadOnlySpan<byte> value) => null;
}
