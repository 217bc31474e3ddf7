using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.Platform.Authentication;

/// <summary>How a token is checked: every algorithm, type, issuer and audience that is not named here is refused.</summary>
internal sealed class BearerValidation(IOptions<TokenOptions> tokens, TimeProvider time, IssuerKeys? issuer = null) : IConfigureNamedOptions<JwtBearerOptions>
{
    /// <summary>The scheme of the operator's login page, which takes the token from its form.</summary>
    public const string LoginScheme = "OperatorLogin";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
    private static readonly string[] Asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public void Configure(JwtBearerOptions options) => Configure(JwtBearerDefaults.AuthenticationScheme, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        var settings = tokens.Value;
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.IncludeErrorDetails = false;
        options.ConfigurationManager = issuer;
        options.TimeProvider = time;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = settings.EffectiveIssuer,
            ValidAudience = settings.Audience,
            ValidTypes = ["at+jwt", "application/at+jwt"],
            ValidAlgorithms = settings.DevelopmentKey is null ? Asymmetric : [SecurityAlgorithms.HmacSha256],
            IssuerSigningKey = settings.DevelopmentKey is { } key ? new SymmetricSecurityKey(Convert.FromBase64String(key)) : null,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuerSigningKey = true,
            LifetimeValidator = IsCurrent,
            NameClaimType = "sub",
            RoleClaimType = "none",
        };
        options.Events = name == LoginScheme ? new FormTokenEvents(issuer) : new TokenEvents(issuer);
    }

    private bool IsCurrent(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + ClockSkew && (notBefore is not { } start || start <= now + ClockSkew);
    }
}
