using System.Text;
using System.Text.Json;
using DataSync.Platform.Http.Json;

namespace DataSync.Platform.Http.Requests;

/// <summary>The member <c>records</c> of a body that has something tried on samples: 1 to 1,000 records, each as it was written.</summary>
internal static class SampleRecords
{
    /// <summary>Most of them.</summary>
    public const int Most = 1000;

    /// <summary>The samples; what is wrong with them is a fault of the body.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(JsonObjectReader json)
    {
        var records = json.Raw("records");
        if (records is not { ValueKind: JsonValueKind.Array } list)
        {
            json.Refuse("records", records is null ? "faults.required" : "faults.list");
            return [];
        }

        if (list.GetArrayLength() is 0 or > Most) json.Refuse("records", "faults.items", ("min", 1), ("max", Most));
        return [.. list.EnumerateArray().Take(Most).Select(r => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(r.GetRawText()))];
    }
}
