// Package kubernetes has the types that the provider shares with programs.
package kubernetes

import "reflect"

// UntypedArgs is an object of any kind as a resource's inputs.
type UntypedArgs map[string]any

// ElementType makes UntypedArgs a pulumi.Input.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeFor[map[string]any]() }
