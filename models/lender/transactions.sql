{{ lender_entity() }}
