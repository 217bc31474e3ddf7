using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;

namespace DataSync.Platform.Authentication;

/// <summary>What we demand of a token beyond its signature. The answer to a refused one is <see cref="AccessDenied"/>'s.</summary>
internal class TokenEvents : JwtBearerEvents
{
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
}

/// <summary>Takes the token from where the login page put it instead of from the header.</summary>
internal sealed class FormTokenEvents : TokenEvents
{
    public override Task MessageReceived(MessageReceivedContext context)
    {
        context.Token = context.HttpContext.Features.Get<PostedToken>()?.Value;
        if (string.IsNullOrEmpty(context.Token)) context.NoResult(); // else the header would be read after all
        return Task.CompletedTask;
    }
}

/// <summary>A token from the login form.</summary>
internal sealed record PostedToken(string Value);
