using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.Platform.Authentication;

/// <summary>What we demand of a token beyond its signature. The answer to a refused one is <see cref="AccessDenied"/>'s.</summary>
/// <param name="issuer">Where an issuer's keys sign; else null.</param>
internal class TokenEvents(IssuerKeys? issuer) : JwtBearerEvents
{
    /// <summary>Has an issuer's keys at hand, the one that the token names among them where the issuer has it, before the token is judged by them.</summary>
    public override Task MessageReceived(MessageReceivedContext context)
    {
        const string Scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        return MeetAsync(header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null, context.HttpContext.RequestAborted);
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        if (context.SecurityToken is not JsonWebToken token || TokenClaims.Fault(token) is not null) context.Fail("claims");
        return Task.CompletedTask;
    }

    public override Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        return Task.CompletedTask;
    }

    /// <summary>What is no token at all asks nobody anything.</summary>
    protected async Task MeetAsync(string? token, CancellationToken ct)
    {
        if (issuer is null || string.IsNullOrEmpty(token)) return;
        string? keyId;
        try
        {
            keyId = new JsonWebToken(token).Kid;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            return;
        }

        if (!string.IsNullOrEmpty(keyId)) await issuer.MeetAsync(keyId, ct);
    }
}

/// <summary>Takes the token from where the login page put it instead of from the header.</summary>
internal sealed class FormTokenEvents(IssuerKeys? issuer) : TokenEvents(issuer)
{
    public override Task MessageReceived(MessageReceivedContext context)
    {
        context.Token = context.HttpContext.Features.Get<PostedToken>()?.Value;
        if (string.IsNullOrEmpty(context.Token)) context.NoResult(); // else the header would be read after all
        return MeetAsync(context.Token, context.HttpContext.RequestAborted);
    }
}

/// <summary>A token from the login form.</summary>
internal sealed record PostedToken(string Value);
