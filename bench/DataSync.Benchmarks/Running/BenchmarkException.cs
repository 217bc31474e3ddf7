namespace DataSync.Benchmarks;

/// <summary>Something that keeps a case from being measured; the text is for the person who runs it.</summary>
internal sealed class BenchmarkException(string message, Exception? inner = null) : Exception(message, inner);
