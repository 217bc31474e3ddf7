using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas.Checks;
using DataSync.Pipeline.Documents.Schemas.Keywords;
using DataSync.Pipeline.Documents.Schemas.Patterns;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>Makes one schema ready, and names everything in it that is wrong or could not be honoured.</summary>
internal sealed class SchemaCompiler
{
    private const int Deepest = 32;
    private readonly Dictionary<string, SchemaNode> _parts = new(StringComparer.Ordinal);
    private readonly List<(ReferenceCheck Check, string Target, string Path)> _references = [];
    private readonly List<Fault> _faults = [];

    public IReadOnlyList<Fault> Faults => _faults;

    public PatternBook Patterns { get; } = new();

    /// <summary>The draft that the schema names; null where it names none, and each keyword means what it means in the drafts that have it.</summary>
    public int? Draft { get; private set; }

    public SchemaNode Compile(JsonElement schema, string path)
    {
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$schema", out var dialect)) Draft = CoreKeywords.DraftOf(dialect);
        var root = Part(schema, path, "", 0);
        foreach (var (check, target, at) in _references)
        {
            if (_parts.TryGetValue(target, out var part)) check.Target = part;
            else Refuse(at, "faults.webhook.schema_reference");
        }

        if (_faults.Count > 0) return root;
        var circles = new CircleSearch();
        foreach (var (check, _, at) in _references)
        {
            if (circles.IsInOne(check.Target!)) Refuse(at, "faults.webhook.schema_endless");
        }

        return root;
    }

    /// <summary>A part of the schema.</summary>
    /// <param name="schema">The part.</param>
    /// <param name="path">Where it stands, for people.</param>
    /// <param name="place">The same as a reference names it, with nothing shortened.</param>
    /// <param name="depth">How many parts it stands in.</param>
    public SchemaNode Part(JsonElement schema, string path, string place, int depth)
    {
        var node = _parts[place] = new SchemaNode();
        if (schema.ValueKind == JsonValueKind.False) node.RefuseAll();
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False && (depth > 0 || Draft is null or > 4)) return node;
        if (schema.ValueKind != JsonValueKind.Object || depth > Deepest)
        {
            Refuse(path, "faults.webhook.schema_part", ("deepest", Deepest));
            return node;
        }

        var checks = new List<SchemaCheck>();
        foreach (var member in schema.EnumerateObject())
        {
            var keyword = new KeywordPlace(this, schema, member.Name, member.Value, path, place, depth);
            if (!AllKeywords.TryFind(member.Name, Draft, out var build)) keyword.Refuse("faults.webhook.schema_keyword", ("name", member.Name));
            else if (build(keyword) is { } check) checks.Add(check);
        }

        node.Set(checks.OrderBy(c => c is TypeCheck ? 0 : 1));
        return node;
    }

    public void Refer(ReferenceCheck check, string target, string path) => _references.Add((check, target, path));

    public void Refuse(string path, string key, params (string, object?)[] values) => _faults.Add(new Fault(path, key, values));

    /// <summary>Finds schemas that come back to themselves without having gone deeper into the record.</summary>
    private sealed class CircleSearch
    {
        private readonly Dictionary<SchemaNode, bool> _seen = [];

        public bool IsInOne(SchemaNode node)
        {
            if (_seen.TryGetValue(node, out var isDone)) return !isDone;
            _seen[node] = false;
            foreach (var next in node.Checks.SelectMany(c => c.InPlace))
            {
                if (IsInOne(next)) return true; // what is on a circle stays unfinished, for whoever comes to it by another way
            }

            _seen[node] = true;
            return false;
        }
    }
}
