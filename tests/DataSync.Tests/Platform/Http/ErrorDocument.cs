using System.Globalization;
using System.Text;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Localization;

namespace DataSync.Tests.Platform.Http;

/// <summary>Writes docs/errors.md from the catalogue.</summary>
internal static class ErrorDocument
{
    public static string Write(ErrorCatalogue catalogue, Messages messages)
    {
        var text = new StringBuilder("""
            # Errors

            Every failure is answered as a problem (RFC 9457) with one of these codes. A code never changes its meaning. Generated from `errors.json` and the
            language files by `ErrorCatalogueTests`; do not edit.

            | code | type | status | key | message |
            |---|---|---|---|---|

            """);
        foreach (var error in catalogue.All)
            text.Append(CultureInfo.InvariantCulture, $"| {error.Code} | {error.Type} | {error.Status} | `{error.Key}` | {Cell(messages.Template(error.Key, Messages.FallbackLanguage)!)} |\n");
        text.Append("\n## Faults\n\nWhat `errors` of a refused request may name, each with the path of its member (`/a/b` in the body, `query/…`, `path/…`, `header/…`).\n\n| key | message |\n|---|---|\n");
        foreach (var key in messages.Keys(Messages.FallbackLanguage).Where(k => k.StartsWith("faults.", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| `{key}` | {Cell(messages.Template(key, Messages.FallbackLanguage)!)} |\n");
        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
