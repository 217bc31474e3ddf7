using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Privacy.Subjects;

/// <summary>The body that names a subject.</summary>
internal sealed record SubjectBody(Subject Subject) : IRequestBody<SubjectBody>
{
    public const string Example = """{"value":"anna@example.com","match":"whole","fields":[{"source_id":"orders-db","paths":["customer.email"]}]}""";
    private const string Whole = "whole", Inside = "within";
    private const int MostSources = 1000, MostPaths = 100, LongestPath = 1000;

    /// <summary>Shorter ones are everywhere.</summary>
    private const int Shortest = 3, LongestValue = 1000;

    public static SubjectBody Read(JsonObjectReader json)
    {
        var value = json.RequiredString("value", LongestValue, Shortest);
        var match = json.OptionalOneOf("match", Whole, Inside) ?? Whole;
        Dictionary<string, IReadOnlyList<string>> fields = new(StringComparer.Ordinal);
        foreach (var (source, paths) in json.Objects("fields", f => (f.RequiredId("source_id"), f.Strings("paths", MostPaths, 1, LongestPath)), 0, MostSources))
        {
            if (!fields.TryAdd(source, paths)) json.Refuse("fields", "faults.duplicate");
        }

        return new SubjectBody(new Subject(value, match == Inside, fields));
    }
}
