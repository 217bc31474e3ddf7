using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DataSync.Tests.Platform.Http;

/// <summary>One line of the log, with what its scopes said.</summary>
internal sealed record LogLine(LogLevel Level, int EventId, string Text, IReadOnlyDictionary<string, object?> Scope);

/// <summary>Keeps the log in memory.</summary>
internal sealed class LogLines : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() { }

    private sealed class Logger(LogLines owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var values = new Dictionary<string, object?>(StringComparer.Ordinal);
            owner._scopes.ForEachScope((scope, all) =>
            {
                if (scope is not IEnumerable<KeyValuePair<string, object>> pairs) return;
                foreach (var (name, value) in pairs) all[name] = value;
            }, values);
            owner._lines.Enqueue(new LogLine(logLevel, eventId.Id, formatter(state, exception) + exception, values));
        }
    }
}
