using System.Text.Json;

namespace DataSync.Privacy.Subjects;

/// <summary>Whom a request is about: a value that names the person, and where it counts.</summary>
/// <param name="Value">The value, such as an address or a customer's number.</param>
/// <param name="Within">It also counts inside a longer text, where no letter or digit of it goes on at either side; else a value must be it as a whole.</param>
/// <param name="Fields">By source, the paths (members joined by dots; lists are looked through) at which it counts; at a source that is not named, anywhere.</param>
internal sealed record Subject(string Value, bool Within, IReadOnlyDictionary<string, IReadOnlyList<string>> Fields)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>As it is sealed while a request runs.</summary>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads <see cref="ToUtf8"/>.</summary>
    public static Subject Parse(ReadOnlySpan<byte> utf8) => JsonSerializer.Deserialize<Subject>(utf8, Json) ?? throw new JsonException();

    /// <summary>Nothing of whom it is about: what prints a request prints nobody.</summary>
    public override string ToString() => "a subject";
}
