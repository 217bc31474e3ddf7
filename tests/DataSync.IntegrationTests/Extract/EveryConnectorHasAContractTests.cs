using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract;

public class EveryConnectorHasAContractTests
{
    [Fact]
    public void Connectors_each_have_one_class_that_inherits_the_contract()
    {
        var connectors = typeof(IConnector).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IConnector))).ToList();
        var tested = GetType().Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(SourceContract)) && !t.IsAbstract).Select(t => t.Name).ToList();
        Assert.NotEmpty(connectors);
        Assert.Empty(connectors.Select(c => $"{c.Name}ContractTests").Except(tested));
    }
}
