using DataSync.Platform.Encryption;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http.Security;

/// <summary>The setting <c>DATASYNC_MASTER_KEY</c>, as far as the API signs with it: entries <c>base64</c>, <c>id:base64</c> or <c>file:/path</c>, separated by commas.</summary>
internal sealed class MasterKeyOptions
{
    public string? Value { get; set; }

    /// <summary>The keys in order; null where the setting has a fault.</summary>
    public static IReadOnlyList<byte[]>? Keys(string? setting)
        => MasterKeyParser.Parse(setting) is { Faults.Count: 0, Keys: { Count: > 0 } keys } ? [.. keys.Select(k => k.Key)] : null;
}

/// <summary>Stops the start rather than the first request.</summary>
internal sealed class MasterKeyOptionsValidator : IValidateOptions<MasterKeyOptions>
{
    public ValidateOptionsResult Validate(string? name, MasterKeyOptions options)
        => MasterKeyOptions.Keys(options.Value) is null
            ? ValidateOptionsResult.Fail($"DATASYNC_MASTER_KEY must be base64 of {DerivedKeys.MinBytes} bytes, one or more, separated by commas (or file:/path).")
            : ValidateOptionsResult.Success;
}
