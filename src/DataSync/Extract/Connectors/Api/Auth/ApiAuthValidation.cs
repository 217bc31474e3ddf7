using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Auth;

/// <summary>Names everything wrong with <c>connection_params.auth</c>.</summary>
internal static class ApiAuthValidation
{
    private const int LongestSecret = 16_384;
    private const string Path = "/connection_params/auth";

    private static readonly Dictionary<string, (string[] Required, string[] Optional)> Members = new(StringComparer.Ordinal)
    {
        ["none"] = ([], []),
        ["api_key"] = (["name", "value"], ["in"]),
        ["basic"] = (["username", "password"], []),
        ["bearer"] = (["token"], []),
        ["oauth2_client_credentials"] = (["token_url", "client_id", "client_secret"], ["scope", "audience", "client_auth"]),
    };

    public static IEnumerable<Fault> Validate(JsonElement auth, ExtractOptions options)
    {
        if (auth.ValueKind == JsonValueKind.Null || (auth.ValueKind == JsonValueKind.String && auth.ValueEquals("***"))) return [];
        if (auth.ValueKind != JsonValueKind.Object) return [new Fault(Path, "faults.source.object")];
        if (!auth.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || !Members.TryGetValue(type.GetString()!, out var members))
            return [new Fault(Path + "/type", "faults.one_of", ("allowed", ApiAuth.Types))];
        return [.. Names(auth, members), .. Values(auth, options)];
    }

    private static IEnumerable<Fault> Names(JsonElement auth, (string[] Required, string[] Optional) members)
    {
        foreach (var name in members.Required)
        {
            if (!auth.TryGetProperty(name, out _)) yield return new Fault($"{Path}/{name}", "faults.source.required", ("name", name));
        }

        foreach (var member in auth.EnumerateObject().Where(m => m.Name != "type" && !members.Required.Contains(m.Name) && !members.Optional.Contains(m.Name)))
            yield return new Fault(Path + JsonPointer.Segment(member.Name), "faults.source.unknown", ("name", member.Name));
    }

    private static IEnumerable<Fault> Values(JsonElement auth, ExtractOptions options)
    {
        foreach (var member in auth.EnumerateObject().Where(m => m.Name != "type"))
        {
            var at = Path + JsonPointer.Segment(member.Name);
            if (!ApiText.IsHeaderText(member.Value, LongestSecret))
            {
                yield return new Fault(at, "faults.source.text", ("name", member.Name), ("longest", LongestSecret));
                continue;
            }

            var text = member.Value.GetString()!;
            var inQuery = auth.TryGetProperty("in", out var place) && place.ValueKind == JsonValueKind.String && place.ValueEquals("query");
            if (member.Name == "in" && text is not ("header" or "query")) yield return new Fault(at, "faults.one_of", ("allowed", (string[])["header", "query"]));
            if (member.Name == "client_auth" && text is not ("basic" or "body")) yield return new Fault(at, "faults.one_of", ("allowed", (string[])["basic", "body"]));
            if (member.Name == "name" && !inQuery && !ApiText.IsHeaderName(text)) yield return new Fault(at, "faults.api.header_name");
            if (member.Name == "token_url" && ApiText.UrlFault(text, options) is { } key) yield return new Fault(at, key);
        }
    }
}
