using DataSync.Platform.Tenancy;

namespace DataSync.Platform.Audit;

/// <summary>
/// Who did what to what, and how it ended. Ids and counts only: no payload, no secret, nothing of a record. What may name a person (<see cref="Actor"/>, <see cref="Client"/>, <see cref="Target"/>,
/// <see cref="Details"/>) are its words: they are chained by their <see cref="Digest"/> alone, and null once they were erased.
/// </summary>
internal abstract class AuditEntry : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>To the microsecond.</summary>
    public DateTimeOffset Time { get; set; }

    /// <summary>One of <see cref="AuditActor"/>.</summary>
    public string ActorKind { get; set; } = AuditActor.System;

    /// <summary>The token's subject or client; what of ours acted where nobody asked.</summary>
    public string? Actor { get; set; } = "";

    /// <summary>The application the subject used; null where the token names none.</summary>
    public string? Client { get; set; }

    /// <summary>Such as <c>source.delete</c>.</summary>
    public string Action { get; set; } = "";

    /// <summary>Such as <c>source</c>.</summary>
    public string TargetKind { get; set; } = "";

    /// <summary>Its id; empty where there is one of its kind, or none was named.</summary>
    public string? Target { get; set; } = "";

    /// <summary>One of <see cref="AuditOutcome"/>.</summary>
    public string Outcome { get; set; } = AuditOutcome.Succeeded;

    public string CorrelationId { get; set; } = "";

    /// <summary>A JSON object, kept as it was written: its bytes are hashed.</summary>
    public string? Details { get; set; } = "{}";

    /// <summary>Drawn by the database and hashed with the words, so that nobody finds erased ones by trying; erased with them.</summary>
    public byte[]? Salt { get; set; }

    /// <summary>The hash of the words, see <see cref="Chain.AuditHash.OfWords"/>; null where it was not made yet.</summary>
    public byte[]? Digest { get; set; }
}

/// <summary>An entry that is not in its tenant's chain yet: written with the change it tells of, or by <see cref="AuditWriter"/>.</summary>
internal sealed class PendingAuditEntry : AuditEntry
{
    /// <summary>Drawn when it was written: of two of which the second began after the first was committed, the second has the higher one.</summary>
    public long Id { get; set; }
}

/// <summary>An entry in its tenant's chain.</summary>
internal sealed class ChainedAuditEntry : AuditEntry
{
    /// <summary>From 1, without a gap.</summary>
    public long Sequence { get; set; }

    /// <summary>The hash of the entry before; zeros for the first.</summary>
    public byte[] Previous { get; set; } = [];

    /// <summary>See <see cref="Chain.AuditHash"/>.</summary>
    public byte[] Hash { get; set; } = [];
}

/// <summary>Kinds of those who act.</summary>
internal static class AuditActor
{
    /// <summary>A person, or whoever the token's <c>sub</c> names.</summary>
    public const string User = "user";

    /// <summary>A machine with a token of its own, without <c>sub</c>.</summary>
    public const string Client = "client";

    /// <summary>A machine with an API key.</summary>
    public const string ApiKey = "api_key";

    /// <summary>Whoever holds a signed link.</summary>
    public const string Link = "link";

    /// <summary>An operator at the command line.</summary>
    public const string Command = "command";

    /// <summary>DataSync itself.</summary>
    public const string System = "system";
}

/// <summary>How an action ended.</summary>
internal static class AuditOutcome
{
    public const string Succeeded = "succeeded";

    /// <summary>It went well and changed nothing: a repeat, or what was asked for was so already.</summary>
    public const string Unchanged = "unchanged";

    /// <summary>Refused, by a rule or for a mistake of the caller's.</summary>
    public const string Refused = "refused";

    /// <summary>Could not be done, for a reason of ours or of another system.</summary>
    public const string Failed = "failed";

    /// <summary>A job that was called off.</summary>
    public const string Cancelled = "cancelled";
}
