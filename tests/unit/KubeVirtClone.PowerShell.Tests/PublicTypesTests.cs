using System.Reflection;
using KubeVirtClone.Commands;

namespace KubeVirtClone.PowerShell.Tests;

/// <summary>What scripts see: nothing of a third party, whose version another module may have its own opinion about.</summary>
public sealed class PublicTypesTests
{
    [Fact]
    public void No_public_member_shows_a_type_of_a_third_party()
    {
        var seen = typeof(KubeVirtCmdlet).Assembly.GetExportedTypes().SelectMany(type => Shown(type).Select(shown => (type.Name, shown))).ToList();

        seen.Count.ShouldBeGreaterThan(500);
        seen.Where(each => !IsAllowed(each.shown)).Select(each => $"{each.Name}: {each.shown}").ShouldBeEmpty();
    }

    private static IEnumerable<Type> Shown(Type type)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;
        IEnumerable<Type> shown =
        [
            .. type.BaseType is { } parent ? [parent] : Type.EmptyTypes,
            .. type.GetInterfaces(),
            .. type.GetProperties(Public).Select(property => property.PropertyType),
            .. type.GetFields(Public).Select(field => field.FieldType),
            .. type.GetMethods(Public).SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType)),
            .. type.GetConstructors(Public).SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.ParameterType),
        ];
        return shown.SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];
    }

    private static bool IsAllowed(Type type) =>
        type.IsGenericParameter
        || type.Assembly.GetName().Name is { } name
        && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("KubeVirtClone.", StringComparison.Ordinal) || name is "netstandard");
}
