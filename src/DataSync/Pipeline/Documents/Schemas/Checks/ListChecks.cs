using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas.Checks;

/// <summary>How many items an array or members an object has.</summary>
internal sealed class CountCheck(JsonValueKind kind, int least, int most) : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != kind) return true;
        var count = kind == JsonValueKind.Array ? value.GetArrayLength() : value.GetPropertyCount();
        return count >= least && count <= most;
    }
}

/// <summary>Schemas of the first items, each at its place, and one of all others.</summary>
internal sealed class ItemsCheck(SchemaNode[] first, SchemaNode? others) : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var schema = index < first.Length ? first[index] : others;
            if (schema is null) break;
            if (!schema.Passes(item, evaluation)) return evaluation.WrongAt(index);
            index++;
        }

        return true;
    }
}

/// <summary><c>contains</c>: so many items at least and at most are as they are said to be.</summary>
internal sealed class ContainsCheck(SchemaNode schema, int least, int most) : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        var (found, mark) = (0, evaluation.Mark);
        foreach (var item in value.EnumerateArray())
        {
            if (schema.Passes(item, evaluation)) found++;
            evaluation.Forget(mark);
            if (found > most || (found >= least && most == int.MaxValue)) break;
        }

        return found >= least && found <= most;
    }
}

/// <summary><c>uniqueItems</c>: no two are equal as JSON. By their hashes, so that many items cost no more than sorting them.</summary>
internal sealed class UniqueCheck : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() < 2) return true;
        var (items, index) = (new (int Hash, JsonElement Item)[value.GetArrayLength()], 0);
        foreach (var item in value.EnumerateArray()) items[index++] = (JsonEquality.HashOf(item, evaluation), item);
        Array.Sort(items, static (a, b) => a.Hash.CompareTo(b.Hash));
        for (var i = 1; i < items.Length; i++)
        {
            for (var j = i - 1; j >= 0 && items[j].Hash == items[i].Hash; j--)
            {
                if (!evaluation.Spend(1) || JsonEquality.AreEqual(items[i].Item, items[j].Item, evaluation)) return false;
            }
        }

        return true;
    }
}
