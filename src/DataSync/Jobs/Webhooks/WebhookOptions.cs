using DataSync.Platform.Settings;

namespace DataSync.Jobs.Webhooks;

/// <summary>The bounds of what is sent to us, and how long it is kept. The environment names are the settings' names.</summary>
internal sealed record WebhookOptions
{
    /// <summary>Bytes expand to at most so many times as many.</summary>
    public const int MostRatio = 100;

    /// <summary><c>DATASYNC_WEBHOOK_MAX_BYTES</c>: bytes of a body as it comes.</summary>
    public int MaxBytes { get; init; } = 1024 * 1024;

    /// <summary><c>DATASYNC_WEBHOOK_MAX_UNPACKED_BYTES</c>: bytes of a body once it is decompressed.</summary>
    public int MaxUnpackedBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary><c>DATASYNC_WEBHOOK_MEMORY_MB</c>: what bodies may take of a process's memory together; beyond, a request is answered 503.</summary>
    public long MemoryBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary><c>DATASYNC_WEBHOOK_BODY_SECONDS</c>: how long a body may take to come; beyond, 408. Nobody knows yet who sends it, and it holds memory.</summary>
    public TimeSpan BodyPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What of <see cref="MemoryBytes"/> large bodies leave to small ones, so that a few of them do not shut out everybody.</summary>
    public long SmallBodiesBytes => Math.Min(MemoryBytes / 4, Math.Max(0, MemoryBytes - MaxBytes));

    /// <summary><c>DATASYNC_WEBHOOK_MAX_WAITING</c>: deliveries of a process that wait for a commit; beyond, a request is answered 503, and 429 where half of them are its tenant's.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary><c>DATASYNC_WEBHOOK_DRAIN_SECONDS</c>: the least from one job of a source to the next.</summary>
    public TimeSpan DrainInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>DATASYNC_WEBHOOK_PAYLOAD_DAYS</c>: how long a payload is kept for replays once its job has completed.</summary>
    public TimeSpan KeepPayload { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>DATASYNC_WEBHOOK_ID_DAYS</c>: how long a delivery is known, so that a repeat of it is one. Longer than any provider goes on trying.</summary>
    public TimeSpan KeepId { get; init; } = TimeSpan.FromDays(30);

    public static WebhookOptions Read(SettingsReader settings) => new()
    {
        MaxBytes = settings.Int("DATASYNC_WEBHOOK_MAX_BYTES", 1024 * 1024, 1024, 16 * 1024 * 1024),
        MaxUnpackedBytes = settings.Int("DATASYNC_WEBHOOK_MAX_UNPACKED_BYTES", 8 * 1024 * 1024, 1024, 64 * 1024 * 1024),
        MemoryBytes = settings.Int("DATASYNC_WEBHOOK_MEMORY_MB", 64, 1, 4096) * 1024L * 1024,
        BodyPatience = TimeSpan.FromSeconds(settings.Int("DATASYNC_WEBHOOK_BODY_SECONDS", 15, 1, 3600)),
        MaxWaiting = settings.Int("DATASYNC_WEBHOOK_MAX_WAITING", 1024, 2, 100_000),
        DrainInterval = TimeSpan.FromSeconds(settings.Int("DATASYNC_WEBHOOK_DRAIN_SECONDS", 1, 0, 3600)),
        KeepPayload = TimeSpan.FromDays(settings.Int("DATASYNC_WEBHOOK_PAYLOAD_DAYS", 7, 0, 3650)),
        KeepId = TimeSpan.FromDays(settings.Int("DATASYNC_WEBHOOK_ID_DAYS", 30, 7, 3650)),
    };
}
