using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Authentication;

/// <summary>Whose tokens are good. Exactly one of <see cref="Authority"/> and <see cref="DevelopmentKey"/> is set.</summary>
internal sealed class TokenOptions
{
    /// <summary><c>DATASYNC_JWT_AUTHORITY</c>: an OpenID Connect issuer whose published keys sign the tokens.</summary>
    public string? Authority { get; set; }

    /// <summary><c>DATASYNC_JWT_DEVELOPMENT_KEY</c>: base64 of at least 32 bytes; signs tokens with HS256. Never in Production.</summary>
    public string? DevelopmentKey { get; set; }

    /// <summary><c>DATASYNC_JWT_ISSUER</c>; the authority, or <c>datasync-development</c>, if not set.</summary>
    public string? Issuer { get; set; }

    /// <summary><c>DATASYNC_JWT_AUDIENCE</c>; <c>datasync</c> if not set.</summary>
    public string Audience { get; set; } = "datasync";

    public string EffectiveIssuer => Issuer ?? Authority ?? "datasync-development";

    public static void Read(TokenOptions options, IConfiguration configuration)
    {
        options.Authority = Setting(configuration, "DATASYNC_JWT_AUTHORITY");
        options.DevelopmentKey = Setting(configuration, "DATASYNC_JWT_DEVELOPMENT_KEY");
        options.Issuer = Setting(configuration, "DATASYNC_JWT_ISSUER");
        options.Audience = Setting(configuration, "DATASYNC_JWT_AUDIENCE") ?? options.Audience;
    }

    private static string? Setting(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } value ? value : null;
}

/// <summary>Stops the start when tokens could not be checked as they must.</summary>
internal sealed class TokenOptionsValidator(IHostEnvironment environment) : IValidateOptions<TokenOptions>
{
    private const int MinKeyBytes = 32;

    public ValidateOptionsResult Validate(string? name, TokenOptions options)
    {
        List<string> faults = [];
        if (options is { Authority: null, DevelopmentKey: null }) faults.Add("Set DATASYNC_JWT_AUTHORITY (an OpenID Connect issuer), or DATASYNC_JWT_DEVELOPMENT_KEY outside Production.");
        if (options is { Authority: not null, DevelopmentKey: not null }) faults.Add("Set either DATASYNC_JWT_AUTHORITY or DATASYNC_JWT_DEVELOPMENT_KEY, never both.");
        if (options.DevelopmentKey is not null && environment.IsProduction()) faults.Add("DATASYNC_JWT_DEVELOPMENT_KEY is refused in Production; set DATASYNC_JWT_AUTHORITY.");
        if (options.DevelopmentKey is { } key && KeyBytes(key) < MinKeyBytes) faults.Add($"DATASYNC_JWT_DEVELOPMENT_KEY must be base64 of at least {MinKeyBytes} bytes.");
        if (options.Authority is { } authority && !IsTrustworthy(authority)) faults.Add("DATASYNC_JWT_AUTHORITY must be an https URL (http only for loopback outside Production).");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private bool IsTrustworthy(string authority)
        => Uri.TryCreate(authority, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri is { Scheme: "http", IsLoopback: true } && !environment.IsProduction()));

    private static int KeyBytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? length : 0;
    }
}
