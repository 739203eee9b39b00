namespace KubeVirtClone.Hosting;

/// <summary>
/// Called by PowerShell when the module is imported into a runspace and when it is removed from one. Import does one
/// thing: it makes the module's own assemblies findable. It reads no configuration and opens no connection.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport() => DependencyResolver.Acquire();

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => DependencyResolver.Release();
}
