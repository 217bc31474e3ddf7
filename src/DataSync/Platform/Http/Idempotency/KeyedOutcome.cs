using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>
/// For an answer that holds what may be kept nowhere: it goes to the caller as it is written, and only its outcome is kept for repeats. The endpoint says so while its
/// parameters are read, and leaves the outcome when it is done. Without one (it failed, or the caller hung up) the key is free again. A refusal is kept whole: it quotes no payload.
/// </summary>
internal sealed class KeyedOutcome
{
    private StoredAnswer? _kept;

    /// <summary>Says that this request's answer is such a one.</summary>
    public static void Mark(HttpContext context) => context.Features.Set(new KeyedOutcome());

    public static KeyedOutcome? Of(HttpContext context) => context.Features.Get<KeyedOutcome>();

    /// <summary>What a repeat is answered.</summary>
    public void Keep(int status, string? location, ReadOnlyMemory<byte> json) => _kept = new StoredAnswer(status, "application/json", location, json);

    /// <summary>Runs the endpoint; tells what to keep, and whether the caller has the answer already.</summary>
    internal async Task<(StoredAnswer Answer, bool Sent)> RunAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (refusal, finished) = await CapturedAnswer.RefusalAsync(context, next);
        if (!finished) return (refusal!, false);
        return (_kept ?? throw new InvalidOperationException("The endpoint left no outcome."), true);
    }
}
