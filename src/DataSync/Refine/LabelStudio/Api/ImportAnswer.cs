using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>What an import answered.</summary>
/// <param name="Import">The number of an import that runs in the background (Enterprise, also where tasks' ids were asked for); null where it is done.</param>
/// <param name="TaskIds">The tasks made, in an order that promises nothing; null where the server does not name them.</param>
/// <param name="Predictions">How many predictions came along.</param>
internal sealed record ImportAnswer(long? Import, IReadOnlyList<long>? TaskIds, long Predictions)
{
    public static ImportAnswer Read(LabelStudioAnswer answer)
    {
        var json = answer.Json();
        if (json.ValueKind != JsonValueKind.Object) throw LabelStudioErrors.Body(answer.Url);
        var import = json.TryGetProperty("import", out var number) && number.TryInteger(out var running) ? running : (long?)null;

        // documented with an s, sent without
        var predictions = (json.TryGetProperty("prediction_count", out var count) || json.TryGetProperty("predictions_count", out count)) && count.TryInteger(out var counted) ? counted : 0;
        return new ImportAnswer(import, Ids(json), predictions);
    }

    /// <summary><c>task_ids</c>; null where there are none or the list is empty, as it is unless they were asked for.</summary>
    public static IReadOnlyList<long>? Ids(JsonElement json)
    {
        if (!json.TryGetProperty("task_ids", out var ids) || ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() == 0) return null;
        List<long> read = [];
        foreach (var id in ids.EnumerateArray())
        {
            if (id.TryInteger(out var number)) read.Add(number);
        }

        return read;
    }
}

/// <summary>How an import in the background stands.</summary>
/// <param name="IsDone">Completed, or failed.</param>
/// <param name="HasFailed">The data was not what the project takes; part of it may be there.</param>
/// <param name="TaskIds">The tasks made; null where the server does not name them.</param>
internal sealed record ImportState(bool IsDone, bool HasFailed, IReadOnlyList<long>? TaskIds)
{
    public static ImportState Read(LabelStudioAnswer answer)
    {
        var json = answer.Json();
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.String) throw LabelStudioErrors.Body(answer.Url);
        var failed = status.ValueEquals("failed");
        return new ImportState(failed || status.ValueEquals("completed"), failed, ImportAnswer.Ids(json));
    }
}
