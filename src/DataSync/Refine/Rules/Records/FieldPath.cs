using System.Globalization;

namespace DataSync.Refine.Rules.Records;

/// <summary>A dotted path, taken apart once.</summary>
internal sealed class FieldPath
{
    public FieldPath(string text)
    {
        Text = text;
        Parts = [.. text.Split('.').Select(part => new PathPart(part))];
    }

    public string Text { get; }

    public PathPart[] Parts { get; }

    /// <summary>The path of the object that holds the last part; empty at the top.</summary>
    public string Parent => Text.LastIndexOf('.') is >= 0 and var dot ? Text[..dot] : "";
}

/// <summary>One part of a path: a member's name or an array's index.</summary>
internal sealed class PathPart
{
    private byte[]? _quoted;
    private ulong _key;

    public PathPart(string name)
    {
        Name = name;
        IsLength = name == "length";
        // Only the canonical form is an index: "01" and "-1" are names.
        Index = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && name == index.ToString(CultureInfo.InvariantCulture) ? index : -1;
    }

    public string Name { get; }

    public int Index { get; }

    public bool IsLength { get; }

    /// <summary>The name as JSON text, with its quotes.</summary>
    public byte[] Quoted => _quoted ?? Quote();

    /// <summary>What tells it from most others; see <see cref="NameKey"/>.</summary>
    public ulong Key
    {
        get
        {
            if (_quoted is null) Quote();
            return _key;
        }
    }

    public bool IsEscaped => Quoted.AsSpan().Contains((byte)'\\');

    /// <summary>Rules are shared by jobs: two that come at once make the same.</summary>
    private byte[] Quote()
    {
        var output = new ScratchBuffer(Name.Length + 16);
        JsonOutput.WriteText(output, Name);
        var quoted = output.Bytes[..output.Length];
        _key = NameKey.Of(quoted, 0, quoted.Length);
        Volatile.Write(ref _quoted, quoted);
        return quoted;
    }
}
