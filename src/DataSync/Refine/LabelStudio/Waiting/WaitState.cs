using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>How far a job's annotation is. It lies in the checkpoint, so its JSON form must stay readable.</summary>
internal sealed record WaitState
{
    /// <summary>The server that tasks go to: a project of that number elsewhere is another one.</summary>
    public string Server { get; init; } = "";

    /// <summary>Records below are tasks, or were refused.</summary>
    public long SentTo { get; init; }

    /// <summary>All records are.</summary>
    public bool AllSent { get; init; }

    /// <summary>Records that nobody is asked about, for the language model is sure of them; null where all are sent.</summary>
    public long? PassedBy { get; init; }

    /// <summary>Records were sent again while the server may have been at work on them: it may make tasks of the first sending yet.</summary>
    public bool MayHaveTwins { get; init; }

    /// <summary>How often such tasks were looked for.</summary>
    public int TwinLooks { get; init; }

    /// <summary>Looks in a row that saw nothing new.</summary>
    public int Idle { get; init; }

    /// <summary>Annotations and skips of the open tasks, as the last look saw them.</summary>
    public long Seen { get; init; }

    /// <summary>How many records below the position had which outcome: their results are stored, and what their tasks became since changes none. Null before any were taken, and where a release took them that noted none.</summary>
    public IReadOnlyDictionary<string, int>? Taken { get; init; }

    public static WaitState? Read(JsonElement? state) => state is { ValueKind: JsonValueKind.Object } given ? given.Deserialize<WaitState>(JsonSerializerOptions.Web) : null;

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, JsonSerializerOptions.Web);
}
