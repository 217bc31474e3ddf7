using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>Reads numbers that may be something else.</summary>
internal static class Numbers
{
    public static bool TryInteger(this JsonElement element, out long number)
    {
        number = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out number);
    }
}
