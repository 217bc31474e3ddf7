using System.Text.Encodings.Web;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Authentication;

/// <summary>The page with one field. Every text is from the language files; nothing a caller sent is shown.</summary>
internal static class OperatorLoginPage
{
    public static IResult Show(HttpContext context, Messages messages, string? faultKey = null)
    {
        var language = RequestLanguage.Of(context);
        var fault = faultKey is null ? "" : $"<p role=\"alert\">{Text(faultKey)}</p>";
        context.Response.Headers.CacheControl = "no-store";
        return Results.Content(
            $$"""
            <!DOCTYPE html>
            <html lang="{{language}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{Text("login.title")}}</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 12vh auto; padding: 0 1rem; color-scheme: light dark }
            textarea { width: 100%; box-sizing: border-box; font-family: ui-monospace, monospace }
            button { font: inherit; padding: .4rem 1.2rem }
            [role=alert] { color: #c00 }
            </style>
            </head>
            <body>
            <main>
            <h1>{{Text("login.title")}}</h1>
            {{fault}}
            <form method="post" action="/hangfire/login" autocomplete="off">
            <label for="token">{{Text("login.token")}}</label>
            <textarea id="token" name="token" rows="6" required spellcheck="false" autofocus></textarea>
            <p><button type="submit">{{Text("login.submit")}}</button></p>
            </form>
            </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8", statusCode: faultKey is null ? 200 : 401);

        string Text(string key) => HtmlEncoder.Default.Encode(messages.Format(key, language));
    }
}
