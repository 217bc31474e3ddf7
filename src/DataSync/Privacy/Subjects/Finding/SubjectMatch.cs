using System.Buffers;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Privacy;

namespace DataSync.Privacy.Subjects.Finding;

/// <summary>
/// Decides whether a document is about a subject. The database only finds what may be: where the value stands as it is, or anything is escaped that could be part of it. Here every
/// value and name of the document is looked at as what it means, whatever it is written as.
/// </summary>
internal sealed class SubjectMatch
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Subject _subject;
    private readonly byte[] _value;

    public SubjectMatch(Subject subject)
    {
        _subject = subject;
        _value = Encoding.UTF8.GetBytes(subject.Value);
        Text = new WrittenText(subject.Value);
        var written = JsonSerializer.Serialize(subject.Value, Relaxed)[1..^1];
        var plain = written == subject.Value && !subject.Value.Contains('/', StringComparison.Ordinal) && subject.Value.All(c => !char.IsSurrogate(c));
        (Literal, Escape) = (subject.Value, plain ? "\\u" : "\\");
    }

    /// <summary>The value as text of the database; for what is not JSON.</summary>
    public string Literal { get; }

    /// <summary>What stands in a document that may hold the value in another form.</summary>
    public string Escape { get; }

    /// <summary>The value in the forms that files know.</summary>
    public WrittenText Text { get; }

    /// <summary>Whether some fields of a source count, and not the whole document.</summary>
    public bool IsNarrow(string? sourceId) => sourceId is not null && _subject.Fields.ContainsKey(sourceId);

    /// <summary>Whether fields count at any source.</summary>
    public bool HasFields => _subject.Fields.Count > 0;

    /// <summary>Whether the subject stands in a field of any source that has some.</summary>
    public bool IsInAnyField(ReadOnlySpan<byte> document)
    {
        foreach (var source in _subject.Fields.Keys)
        {
            if (IsIn(document, source)) return true;
        }

        return false;
    }

    /// <summary>Whether a document of a source is about the subject. What is no JSON is, where the value stands in it in any form.</summary>
    public bool IsIn(ReadOnlySpan<byte> document, string? sourceId)
    {
        try
        {
            if (sourceId is null || !_subject.Fields.TryGetValue(sourceId, out var paths)) return IsAnywhere(document);
            var root = JsonElement.Parse(document, new JsonDocumentOptions { MaxDepth = int.MaxValue });
            return paths.Any(path => IsAt(root, path.Split('.')));
        }
        catch (JsonException)
        {
            return Text.IsIn(document);
        }
    }

    /// <summary>Whether a text that is no JSON is about the subject.</summary>
    public bool Says(string? text) => text is not null && (_subject.Within ? StandsIn(Encoding.UTF8.GetBytes(text)) : text == _subject.Value || StandsIn(Encoding.UTF8.GetBytes(text)));

    private bool IsAnywhere(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, AnyDepth);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.Number when reader.ValueSpan.SequenceEqual(_value):
                case JsonTokenType.String or JsonTokenType.PropertyName when IsValue(ref reader):
                    return true;
            }
        }

        return false;
    }

    private bool IsValue(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return _subject.Within ? StandsIn(reader.ValueSpan) : reader.ValueSpan.SequenceEqual(_value);
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var text = rented.AsSpan(0, reader.CopyString(rented));
            return _subject.Within ? StandsIn(text) : text.SequenceEqual(_value);
        }
        catch (InvalidOperationException)
        {
            return Text.IsIn(reader.ValueSpan); // half of a character: no text, and still somebody's
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>Whether the value stands in a text and neither end of it is in the middle of a word. Only letters and digits of ASCII make words that end.</summary>
    private bool StandsIn(ReadOnlySpan<byte> text)
    {
        for (var from = 0; from <= text.Length - _value.Length; from++)
        {
            var next = text[from..].IndexOf(_value);
            if (next < 0) return false;
            from += next;
            var end = from + _value.Length;
            if ((from == 0 || !IsWord(text[from - 1]) || !IsWord(_value[0])) && (end == text.Length || !IsWord(text[end]) || !IsWord(_value[^1]))) return true;
        }

        return false;
    }

    private bool IsAt(JsonElement element, ReadOnlySpan<string> path)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                if (IsAt(item, path)) return true;
            }

            return false;
        }

        if (path.IsEmpty) return IsAnywhere(Encoding.UTF8.GetBytes(element.GetRawText()));
        if (element.ValueKind != JsonValueKind.Object) return false;
        foreach (var member in element.EnumerateObject())
        {
            // a name may hold dots itself, and stand there more than once
            for (var taken = 1; taken <= path.Length; taken++)
            {
                if (member.NameEquals(string.Join('.', path[..taken])) && IsAt(member.Value, path[taken..])) return true;
            }
        }

        return false;
    }

    private static bool IsWord(byte b) => char.IsAsciiLetterOrDigit((char)b);
}
