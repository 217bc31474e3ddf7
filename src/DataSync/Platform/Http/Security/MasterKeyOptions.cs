using DataSync.Platform.Encryption;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http.Security;

/// <summary>The setting <c>DATASYNC_MASTER_KEY</c>, as far as the API signs with it.</summary>
internal sealed class MasterKeyOptions
{
    public string? Value { get; set; }

    /// <summary>The keys in order; null where the setting has a fault.</summary>
    public static IReadOnlyList<byte[]>? Keys(string? text)
        => MasterKeyParser.Parse(text) is { Faults.Count: 0, Keys: { Count: > 0 } keys } ? [.. keys.Select(k => k.Key)] : null;
}

/// <summary>Stops the start rather than the first request.</summary>
internal sealed class MasterKeyOptionsValidator : IValidateOptions<MasterKeyOptions>
{
    public ValidateOptionsResult Validate(string? name, MasterKeyOptions options)
        => MasterKeyOptions.Keys(options.Value) is null
            ? ValidateOptionsResult.Fail("DATASYNC_MASTER_KEY must be base64 of 32 random bytes; made with: openssl rand -base64 32")
            : ValidateOptionsResult.Success;
}
