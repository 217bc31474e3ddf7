using System.Text.Json;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>What a source's state remembers for the next check: which records were delivered from a value on, and where the store keeps them. Keyed hashes and ordinals, nothing else of a record.</summary>
internal sealed record GapState
{
    /// <summary>All that was delivered from this value up to the next sync's window is known; a check goes back no further.</summary>
    public required JsonElement From { get; init; }

    /// <summary>16 bytes of a keyed hash each, one after the other, in the order of <see cref="Runs"/>.</summary>
    public byte[] Hashes { get; init; } = [];

    /// <summary>Which key made them.</summary>
    public required string KeyId { get; init; }

    /// <summary>What of a record was hashed (<see cref="RecordIdentity.Name"/>).</summary>
    public required string Identity { get; init; }

    /// <summary>The jobs that store them.</summary>
    public Guid[] Jobs { get; init; } = [];

    /// <summary>Where they are stored (<see cref="KeptRun"/>); empty where nothing is.</summary>
    public byte[] Runs { get; init; } = [];

    /// <summary>The delivered records that the next sync reads again are among them. Where they are not, what it finds delivered counts as stored.</summary>
    public bool KnowsRepeats { get; init; }
}
