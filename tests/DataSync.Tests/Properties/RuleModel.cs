using System.Text.Json.Nodes;

namespace DataSync.Tests.Properties;

/// <summary>A small model of the rules' meaning, written against parsed JSON and independent of the engine.</summary>
internal sealed class RuleModel
{
    public required JsonObject Record { get; set; }

    public List<string> Tags { get; } = [];

    /// <summary>Rule, code and field of a rejection.</summary>
    public (string Rule, string Code, string? Field)? Rejection { get; private set; }

    public static RuleModel Run(string document, IReadOnlyList<ModelRule> rules)
    {
        var model = new RuleModel { Record = JsonNode.Parse(document)!.AsObject() };
        foreach (var rule in rules)
        {
            var before = model.Record.DeepClone().AsObject();
            var tags = model.Tags.Count;
            if (model.Apply(rule) is { } field)
            {
                model.Record = before;
                model.Tags.RemoveRange(tags, model.Tags.Count - tags);
                if (!rule.Keeps) model.Rejection = (rule.Id, "SYNC_260", field);
            }

            if (model.Rejection is not null) break;
        }

        return model;
    }

    /// <summary>The field at which the rule failed; null where it did not.</summary>
    private string? Apply(ModelRule rule)
    {
        if (Value(rule.Field) is not { } value || value.GetValueKind() != System.Text.Json.JsonValueKind.Number || !Holds(value.GetValue<long>(), rule)) return null;
        foreach (var action in rule.Actions)
        {
            switch (action.Kind)
            {
                case "set": Record[action.Field] = action.Number; break;
                case "copy": Record[action.Field] = Value(action.Other)?.DeepClone(); break;
                case "remove": Record.Remove(action.Field); break;
                case "rename": Rename(action.Field, action.Other); break;
                case "cast":
                    if (Value(action.Field) is not { } cast) break;
                    if (!long.TryParse(cast.ToString(), System.Globalization.NumberStyles.AllowLeadingSign, null, out var number)) return action.Field;
                    Record[action.Field] = number;
                    break;
                case "tag":
                    if (!Tags.Contains(action.Field)) Tags.Add(action.Field);
                    break;
                default:
                    Rejection = (rule.Id, action.Field, null);
                    return null;
            }
        }

        return null;
    }

    private static bool Holds(long value, ModelRule rule) => rule.Operator switch
    {
        ">" => value > rule.Bound,
        "<" => value < rule.Bound,
        ">=" => value >= rule.Bound,
        "<=" => value <= rule.Bound,
        "===" => value == rule.Bound,
        _ => value != rule.Bound,
    };

    private JsonNode? Value(string field) => Record.TryGetPropertyValue(field, out var value) ? value : null;

    private void Rename(string from, string to)
    {
        if (from == to || !Record.TryGetPropertyValue(from, out var value)) return;
        Record.Remove(to);
        var at = Record.IndexOf(from);
        Record.RemoveAt(at);
        Record.Insert(at, to, value);
    }
}

/// <summary>A rule of the model: <c>field operator bound</c>, where the field holds a number.</summary>
internal sealed record ModelRule(string Id, string Field, string Operator, long Bound, IReadOnlyList<ModelAction> Actions, bool Keeps)
{
    public string ToJson()
    {
        var condition = $$"""{"and":[{"===":[{"-":[{"var":"{{Field}}"},0]},{"var":"{{Field}}"}]},{"{{Operator}}":[{"var":"{{Field}}"},{{Bound}}]}]}""";
        return $$"""{"id":"{{Id}}","when":{{condition}},"then":[{{string.Join(',', Actions.Select(a => a.ToJson()))}}],"on_error":"{{(Keeps ? "keep" : "reject")}}"}""";
    }
}

/// <summary>An action of the model.</summary>
internal sealed record ModelAction(string Kind, string Field, string Other, long Number)
{
    public string ToJson() => Kind switch
    {
        "set" => $$$"""{"set":{"{{{Field}}}":{{{Number}}} }}""",
        "copy" => $$$"""{"set":{"{{{Field}}}":{"var":"{{{Other}}}"} }}""",
        "remove" => $$"""{"remove":"{{Field}}"}""",
        "rename" => $$$"""{"rename":{"{{{Field}}}":"{{{Other}}}"}}""",
        "cast" => $$$"""{"cast":{"{{{Field}}}":"integer"}}""",
        "tag" => $$"""{"tag":"{{Field}}"}""",
        _ => $$$"""{"reject":{"code":"{{{Field}}}","message":"refused: {{{Other}}}"}}""",
    };
}
