using DataSync.Platform.Localization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Encryption;

/// <summary>Stops the start of a process that could not keep secrets, with all faults at once, before anything listens or runs.</summary>
internal sealed class EncryptionStartCheck(EncryptionSelfTest selfTest, Messages messages) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var faults = await selfTest.RunAsync(cancellationToken);
        if (faults.Count > 0)
            throw new OptionsValidationException(
                MasterKeyParser.Setting, typeof(MasterKeyRing), faults.Select(f => messages.Format(f.MessageKey, Messages.FallbackLanguage, f.Params)));
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
