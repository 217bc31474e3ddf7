using System.Text.Json;

namespace DataSync.Export.Coco.Checking;

/// <summary>Ids: whole numbers from 1. Zero stands for "no object" where results are compared with the truth, so an object of that id is never found.</summary>
internal static class Ids
{
    /// <summary>Whether an element is an object at all.</summary>
    public static bool Object(JsonElement element, string at, CocoFindings findings)
    {
        if (element.ValueKind == JsonValueKind.Object) return true;
        findings.Error(at, "coco.not_an_object");
        return false;
    }

    /// <summary>The id of an element; null where it is none.</summary>
    public static long? Read(JsonElement element, string at, CocoFindings findings)
    {
        if (!element.TryGetProperty("id", out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var id))
        {
            findings.Error(at + ".id", "coco.id");
            return null;
        }

        if (id <= 0) findings.Error(at + ".id", "coco.id_zero");
        return id;
    }

    /// <summary>An id of something else; null where it is none.</summary>
    public static long? Reference(JsonElement element, string name, string at, CocoFindings findings)
    {
        if (element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var id)) return id;
        findings.Error($"{at}.{name}", "coco.id");
        return null;
    }
}

/// <summary>JSON paths.</summary>
internal static class Places
{
    /// <summary>An element of a list, or with an index below zero the member of the root itself.</summary>
    public static string Part(string member, int index) => index < 0 ? "$." + member : Element(member, index);

    public static string Element(string list, int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"$.{list}[{index}]");
}
