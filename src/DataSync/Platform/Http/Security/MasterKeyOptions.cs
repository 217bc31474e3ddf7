using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http.Security;

/// <summary>The setting <c>DATASYNC_MASTER_KEY</c>, as far as the API signs with it.</summary>
internal sealed class MasterKeyOptions
{
    public string? Value { get; set; }

    /// <summary>The bytes of a base64 text of at least 32 bytes; null for anything else.</summary>
    public static byte[]? Bytes(string? text)
    {
        if (text is null) return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length >= DerivedKeys.MinBytes ? bytes[..length] : null;
    }
}

/// <summary>Stops the start rather than the first request.</summary>
internal sealed class MasterKeyOptionsValidator : IValidateOptions<MasterKeyOptions>
{
    public ValidateOptionsResult Validate(string? name, MasterKeyOptions options)
        => MasterKeyOptions.Bytes(options.Value) is null
            ? ValidateOptionsResult.Fail($"DATASYNC_MASTER_KEY must be base64 of at least {DerivedKeys.MinBytes} bytes.")
            : ValidateOptionsResult.Success;
}
