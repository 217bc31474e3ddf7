using System.Data.Common;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace DataSync.Platform.Monitoring;

/// <summary>
/// Writes events with their exceptions' types, states and stacks, but never their messages: a driver's message may quote a customer's value
/// or statement, and nothing tells which do.
/// </summary>
internal sealed class SafeExceptionSink(ITextFormatter formatter, TextWriter output) : ILogEventSink
{
    private readonly Lock _gate = new();

    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Exception is { } exception)
        {
            logEvent = new LogEvent(
                logEvent.Timestamp, logEvent.Level, new LoggedException(Describe(exception)), logEvent.MessageTemplate,
                logEvent.Properties.Select(p => new LogEventProperty(p.Key, p.Value)), logEvent.TraceId ?? default, logEvent.SpanId ?? default);
        }

        using var line = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        formatter.Format(logEvent, line);
        lock (_gate)
        {
            output.Write(line.ToString());
            output.Flush();
        }
    }

    private static string Describe(Exception exception)
    {
        var text = new StringBuilder();
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (text.Length > 0) text.Append("\n ---> ");
            text.Append(e.GetType().FullName);
            if (e is DbException { SqlState: { Length: > 0 } state }) text.Append(" (SQLSTATE ").Append(state).Append(')');
            if (e.StackTrace is { } stack) text.Append('\n').Append(stack);
        }

        return text.ToString();
    }

    /// <summary>What is left of an exception in the log.</summary>
    private sealed class LoggedException(string text) : Exception
    {
        public override string ToString() => text;
    }
}
