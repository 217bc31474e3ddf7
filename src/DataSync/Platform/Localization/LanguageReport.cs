using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Localization;

/// <summary>Tells at the start of dropped languages that lack texts: those are shown in English. After an upgrade this names what is to be translated.</summary>
internal sealed partial class LanguageReport(Messages messages, ILogger<LanguageReport> logger) : IHostedService
{
    private const int Named = 20;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var language in messages.Languages)
        {
            var faults = messages.Faults(language);
            if (faults.Count > 0) LogIncomplete(language, faults.Count, string.Join("; ", faults.Take(Named)));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(2060, LogLevel.Warning, "The language {Language} differs from en-US in {Count} texts; what it lacks is shown in English: {Texts}")]
    private partial void LogIncomplete(string language, int count, string texts);
}
