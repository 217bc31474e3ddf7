using System.Text.Json;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>What a source's state remembers for the next check: which records below the next sync's window were delivered. Keyed hashes, nothing else of a record.</summary>
internal sealed record GapState
{
    /// <summary>All that was delivered from this value up to the next sync's window is known; a check goes back no further.</summary>
    public required JsonElement From { get; init; }

    /// <summary>16 bytes of a keyed hash each, one after the other.</summary>
    public byte[] Hashes { get; init; } = [];

    /// <summary>Which key made them.</summary>
    public required string KeyId { get; init; }

    /// <summary>What of a record was hashed (<see cref="RecordIdentity.Name"/>).</summary>
    public required string Identity { get; init; }
}
